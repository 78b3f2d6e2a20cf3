# cmake -DKIND=find_package|pkg_config|add_subdirectory -DPROJECT=… -DBUILD=… -DWORK=… -DCXX=… -P consume.cmake
# BUILD is a build tree of the project in which ycpp is built. Prints what failed, and fails with it.
set(consumer ${CMAKE_CURRENT_LIST_DIR}/consumer)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
set(program ${WORK}/build/consumer)
if(NOT KIND STREQUAL add_subdirectory)
  run(${CMAKE_COMMAND} --install ${BUILD} --component ycpp --prefix ${WORK}/prefix)
endif()

if(KIND STREQUAL pkg_config)
  find_program(pkg_config NAMES pkg-config pkgconf REQUIRED)
  set(ENV{PKG_CONFIG_PATH} ${WORK}/prefix/${LIBDIR}/pkgconfig)
  run(${pkg_config} --cflags --libs ycpp)
  string(STRIP "${output}" flags)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  file(MAKE_DIRECTORY ${WORK}/build)
  run(${CXX} -std=c++23 ${consumer}/main.cpp -o ${program} ${flags})
else()
  run(${CMAKE_COMMAND} -G Ninja -S ${consumer} -B ${WORK}/build -DCMAKE_CXX_COMPILER=${CXX}
      -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER} -DYCPP_FROM=${KIND} -DYCPP_PROJECT=${PROJECT}
      -DCMAKE_UNITY_BUILD=ON -DCMAKE_PREFIX_PATH=${WORK}/prefix)
  run(${CMAKE_COMMAND} --build ${WORK}/build --target consumer -j 2)
endif()

run(${program})
string(STRIP "${output}" output)
if(NOT output STREQUAL "client 1 has written 2 units; as an update: 010101000401017402616200")
  message(FATAL_ERROR "the consumer printed: ${output}")
endif()
