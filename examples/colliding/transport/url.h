// The project's own.
#ifndef TRANSPORT_URL_H_
#define TRANSPORT_URL_H_

#include <string>

namespace colliding {

struct Url {
  std::string text;
};

}  // namespace colliding

#endif  // TRANSPORT_URL_H_
