# How everything is compiled: warnings are errors, hardened, and with symbols in every build type.

set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g") # without NDEBUG: no build leaves a check out
set(CMAKE_C_FLAGS_DEBUG "-O0 -g3")

add_compile_definitions(_GNU_SOURCE LOCKER_VERSION="${PROJECT_VERSION}")
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
                    -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/= # what INVARIANT says of its place
                    -fno-omit-frame-pointer -fstack-protector-strong)
add_link_options(-Wl,-z,relro,-z,now)

if(LOCKER_SANITIZE)
  # -O1 rather than -O0: the tests run in half the time, and the reports stay readable.
  add_compile_options(-fsanitize=${LOCKER_SANITIZE} -fno-sanitize-recover=all -O1)
  add_link_options(-fsanitize=${LOCKER_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" AND NOT LOCKER_FUZZ)
  # Not with sanitizers (fuzzing is one of them): its wrappers hide calls from them.
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
