# runnel_test(name SRCS … DEPS layer … [EXTERNAL target …] [THREADS]): one GoogleTest program, its cases as ctest tests.
# THREADS marks a program whose code runs on several threads: the thread sanitizer looks at those (target
# threaded_tests, label threads). Nothing is built unless RUNNEL_TESTS is on.
if(RUNNEL_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
  add_custom_target(threaded_tests)
endif()

function(runnel_test name)
  if(NOT RUNNEL_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "THREADS" "" "SRCS;DEPS;EXTERNAL" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  list(TRANSFORM ARG_DEPS PREPEND runnel::)
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} ${ARG_EXTERNAL} GTest::gtest_main GTest::gmock runnel_flags)
  # g++ 12 takes the empty side of a std::expected for read at -O2; clang and the sanitizers know better.
  target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  set(labels unit)
  if(ARG_THREADS)
    list(APPEND labels threads)
    add_dependencies(threaded_tests ${name})
  endif()
  # Several labels would be split at their semicolon on the way through the discovery script, so they are joined.
  list(JOIN labels "-" label)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300 LABELS ${label})
endfunction()
