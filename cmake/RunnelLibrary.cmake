# src/base, src/ycpp and each folder under src/runnel = one static library = one layer. `tools/layers.json` is the only list
# of who may depend on whom; an edge missing there stops the configure step.
file(READ ${PROJECT_SOURCE_DIR}/tools/layers.json RUNNEL_LAYERS)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tools/layers.json)

add_library(runnel_flags INTERFACE)
target_compile_features(runnel_flags INTERFACE cxx_std_23)
target_compile_options(runnel_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wcast-align
  -Wnon-virtual-dtor -Woverloaded-virtual -Wmissing-declarations -Wundef -Wextra-semi -Wformat=2
  -Wimplicit-fallthrough -fstack-protector-strong
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond;-Wduplicated-branches;-Wlogical-op;-Wno-restrict;-Wno-missing-field-initializers>
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety;-Wheader-hygiene;-Wexit-time-destructors;-Wdangling-gsl;-Wno-missing-designated-field-initializers>)
target_compile_definitions(runnel_flags INTERFACE _GLIBCXX_ASSERTIONS)
if(RUNNEL_SANITIZE)
  target_compile_options(runnel_flags INTERFACE -fsanitize=${RUNNEL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(runnel_flags INTERFACE -fsanitize=${RUNNEL_SANITIZE})
endif()
if(RUNNEL_FUZZ)
  # libFuzzer sees which branches an input takes.
  target_compile_options(runnel_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# An include that the layers forbid stops the build, before the first file of any layer is compiled. As part of another
# project the check is off: there nobody edits these sources.
if(PROJECT_IS_TOP_LEVEL)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  file(GLOB_RECURSE runnel_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/*.h ${PROJECT_SOURCE_DIR}/src/*.cpp)
  add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/layers.checked
    COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/check_layers.py
    COMMAND ${CMAKE_COMMAND} -E touch ${PROJECT_BINARY_DIR}/layers.checked
    DEPENDS ${runnel_sources} ${PROJECT_SOURCE_DIR}/tools/check_layers.py ${PROJECT_SOURCE_DIR}/tools/layers.json
    COMMENT "Checking the layers")
  add_custom_target(check_layers ALL DEPENDS ${PROJECT_BINARY_DIR}/layers.checked)
endif()

function(runnel_library name)
  cmake_parse_arguments(ARG "" "" "HDRS;SRCS;DEPS;EXTERNAL" ${ARGN})
  string(JSON allowed GET "${RUNNEL_LAYERS}" ${name})
  foreach(dep IN LISTS ARG_DEPS)
    if(NOT allowed MATCHES "\"${dep}\"")
      message(FATAL_ERROR "${name} may not depend on ${dep}; see tools/layers.json")
    endif()
  endforeach()
  add_library(runnel_${name} STATIC ${ARG_SRCS})
  add_library(runnel::${name} ALIAS runnel_${name})
  target_compile_features(runnel_${name} PUBLIC cxx_std_23)
  target_sources(runnel_${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${ARG_HDRS})
  list(TRANSFORM ARG_DEPS PREPEND runnel::)
  target_link_libraries(runnel_${name} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_EXTERNAL} $<BUILD_INTERFACE:runnel_flags>)
  if(TARGET check_layers)
    add_dependencies(runnel_${name} check_layers)
  endif()
endfunction()
