#include "streams.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

void streams_occupy(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        /* Open the wrong way round. The lowest one that is free is this one; programs started
         * from here inherit it. */
        if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            _exit(EXIT_FAILURE);
    }
}
