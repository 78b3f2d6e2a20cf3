# runnel_embed_files(target NAME FOLDER [SUFFIX…]): compiles the files of FOLDER into `target`, which gets a function
# runnel::server::NAME() for them. A folder that is not there gives an empty table; configure again when it appears.
enable_language(ASM)
find_package(Python3 REQUIRED COMPONENTS Interpreter)

function(runnel_embed_files target name folder)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/embedded)
  file(MAKE_DIRECTORY ${out})
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${folder}/*)
  # A file that goes, or that comes with an old date, makes no input newer; the list of them does.
  file(CONFIGURE OUTPUT ${out}/${name}.list CONTENT "${files}\n" @ONLY)
  set(script ${PROJECT_SOURCE_DIR}/tools/embed_files.py)
  add_custom_command(OUTPUT ${out}/${name}.S ${out}/${name}.cpp
    COMMAND ${Python3_EXECUTABLE} ${script} ${name} ${folder} ${out} ${ARGN}
    DEPENDS ${script} ${files} ${out}/${name}.list COMMENT "Embedding ${name}")
  # An object library of its own, so that the compiler's warning flags do not reach the assembler.
  add_library(runnel_${name} OBJECT ${out}/${name}.S)
  set_source_files_properties(${out}/${name}.S PROPERTIES OBJECT_DEPENDS "${files}")
  # Each of them has its table under the same name.
  set_source_files_properties(${out}/${name}.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  target_sources(${target} PRIVATE ${out}/${name}.cpp $<TARGET_OBJECTS:runnel_${name}>)
endfunction()
