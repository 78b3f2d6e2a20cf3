# runnel_test(name SRCS … DEPS layer … [EXTERNAL target …] [ARGS …]): one GoogleTest program, its cases as
# ctest tests. Nothing is built unless RUNNEL_TESTS is on.
if(RUNNEL_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

function(runnel_test name)
  if(NOT RUNNEL_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS;EXTERNAL" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  list(TRANSFORM ARG_DEPS PREPEND runnel::)
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} ${ARG_EXTERNAL} GTest::gtest_main GTest::gmock runnel_flags)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300)
endfunction()
