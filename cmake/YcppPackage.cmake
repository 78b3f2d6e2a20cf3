# What makes ycpp a library of its own: installed with `cmake --install BUILD --component ycpp`, found with
# find_package(ycpp) or pkg-config, and a part of another project with add_subdirectory. In all three the target (or
# module) is the same: ycpp::ycpp, ycpp.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

add_library(ycpp::ycpp ALIAS runnel_ycpp)
set_target_properties(runnel_ycpp PROPERTIES EXPORT_NAME ycpp OUTPUT_NAME ycpp)
set_target_properties(runnel_base PROPERTIES EXPORT_NAME base OUTPUT_NAME ycpp_base)

install(TARGETS runnel_base runnel_ycpp EXPORT ycppTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ycpp
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/ycpp COMPONENT ycpp)
install(EXPORT ycppTargets NAMESPACE ycpp:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ycpp COMPONENT ycpp)

file(WRITE ${PROJECT_BINARY_DIR}/ycppConfig.cmake
  "include(\"\${CMAKE_CURRENT_LIST_DIR}/ycppTargets.cmake\")\n")
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ycppConfigVersion.cmake
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
configure_file(${PROJECT_SOURCE_DIR}/cmake/ycpp.pc.in ${PROJECT_BINARY_DIR}/ycpp.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/ycppConfig.cmake ${PROJECT_BINARY_DIR}/ycppConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ycpp COMPONENT ycpp)
install(FILES ${PROJECT_BINARY_DIR}/ycpp.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT ycpp)
