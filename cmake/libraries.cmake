# The libraries, all of them Debian packages (scripts/packages.txt), found by pkg-config.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(ZMQ REQUIRED IMPORTED_TARGET libzmq)
# Debian 12 calls it msgpack, later ones msgpack-c.
pkg_search_module(MSGPACK REQUIRED IMPORTED_TARGET msgpack msgpack-c)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(CONFUSE REQUIRED IMPORTED_TARGET libconfuse)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(NCURSES REQUIRED IMPORTED_TARGET ncursesw)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(CHECK REQUIRED IMPORTED_TARGET check)
# Clients of what locker-bench compares the station with: linked by nothing else.
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)
