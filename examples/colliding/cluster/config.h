// The project's own. Its include guard is the likeliest that there is.
#ifndef CLUSTER_CONFIG_H_
#define CLUSTER_CONFIG_H_

#include "proto/config.pb.h"

namespace colliding {

inline Config MakeConfig() {
  Config config;
  config.set_city("Utrecht");
  return config;
}

}  // namespace colliding

#endif  // CLUSTER_CONFIG_H_
