#include "backfill.h"

/* Frames that make copying worth while: 2 MB, and some twenty flushes of the disk in a thousand. */
#define BEGIN_AT_FRAMES 500

/* Few enough for the writer to copy between two batches: less than a flush takes longer. */
#define FINISH_AT_FRAMES 64

/* A thread that gets no processor, or a disk that copies slower than it flushes: commits that go
 * on for longer than this wait for it, and the WAL stays short all the same. */
#define WAIT_AFTER_FRAMES 2000

static int count_frames(void *context, sqlite3 *writer, const char *database, int frames)
{
    struct backfill *backfill = context;
    (void)writer;
    (void)database;
    backfill->frames = frames;
    return SQLITE_OK;
}

void backfill_begin(struct backfill *backfill, sqlite3 *writer)
{
    *backfill = (struct backfill){.writer = writer};
    sqlite3_wal_hook(writer, count_frames, backfill);
}

/* How many frames of the WAL are in the database now. */
static int copy(sqlite3 *connection)
{
    int frames, copied = 0;
    if (sqlite3_wal_checkpoint_v2(connection, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, &copied) !=
        SQLITE_OK)
        return 0;
    return copied;
}

static void *thread_main(void *argument)
{
    struct backfill *backfill = argument;
    backfill->copied = copy(backfill->copier);
    atomic_store_explicit(&backfill->done, true, memory_order_release);
    return NULL;
}

/* SQLite looks for the WAL with the first read only; without it there would be nothing to copy. */
static bool open_copier(struct backfill *backfill)
{
    const char *path = sqlite3_db_filename(backfill->writer, "main");
    if (backfill->copier)
        return true;
    if (sqlite3_open_v2(path, &backfill->copier, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                        NULL) == SQLITE_OK &&
        sqlite3_db_config(backfill->copier, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) ==
            SQLITE_OK &&
        sqlite3_exec(backfill->copier, "PRAGMA synchronous=FULL; SELECT 1 FROM sqlite_schema", NULL,
                     NULL, NULL) == SQLITE_OK)
        return true;
    sqlite3_close(backfill->copier);
    backfill->copier = NULL;
    return false;
}

static void finish_copying(struct backfill *backfill)
{
    const bool whole = copy(backfill->writer) == backfill->frames;
    backfill->begun_at = whole ? 0 : backfill->frames;
}

static void begin_copying(struct backfill *backfill)
{
    backfill->aimed_at = backfill->frames;
    atomic_store_explicit(&backfill->done, false, memory_order_relaxed);
    backfill->running = open_copier(backfill) &&
                        pthread_create(&backfill->thread, NULL, thread_main, backfill) == 0;
    if (!backfill->running) /* as SQLite itself would */
        finish_copying(backfill);
}

void backfill_pause(struct backfill *backfill)
{
    if (backfill->running)
        pthread_join(backfill->thread, NULL);
    backfill->running = false;
}

static void go_on_copying(struct backfill *backfill)
{
    const bool late = backfill->frames >= backfill->begun_at + WAIT_AFTER_FRAMES;
    if (!late && !atomic_load_explicit(&backfill->done, memory_order_acquire))
        return;
    backfill_pause(backfill);
    if (late || backfill->frames - backfill->copied <= FINISH_AT_FRAMES)
        finish_copying(backfill);
    else if (backfill->copied >= backfill->aimed_at) /* nobody who reads stands in the way */
        begin_copying(backfill);
}

void backfill_tend(struct backfill *backfill)
{
    if (backfill->running) {
        go_on_copying(backfill);
        return;
    }
    if (backfill->frames < backfill->begun_at) /* a commit has begun the WAL anew */
        backfill->begun_at = 0;
    if (backfill->frames < backfill->begun_at + BEGIN_AT_FRAMES)
        return;
    backfill->begun_at = backfill->frames;
    begin_copying(backfill);
}

void backfill_end(struct backfill *backfill)
{
    backfill_pause(backfill);
    if (backfill->writer)
        sqlite3_wal_hook(backfill->writer, NULL, NULL);
    sqlite3_close(backfill->copier);
    *backfill = (struct backfill){0};
}
