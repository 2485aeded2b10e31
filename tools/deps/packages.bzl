"""The libraries that raft builds on: the attributes of a pkg_config_repository
for each, by the repository's name.

`debian` is also what ./bazelw installs: keep each list on one line.
"""

PACKAGES = {
    # For an example alone. Headers only, and without a pkg-config file in
    # Debian; it stands where nlohmann-json, which is headers only, too, does.
    "asio": {
        "debian": ["libasio-dev", "nlohmann-json3-dev"],
        "headers": ["asio.hpp", "asio/**"],
        "targets": {":asio": "-pthread nlohmann_json"},
    },
    # It has no pkg-config file in Debian; it stands where prometheus-cpp, which
    # links to it, does.
    "civetweb": {
        "debian": ["libcivetweb-dev"],
        "headers": ["civetweb.h"],
        "targets": {":libcivetweb": "-lcivetweb prometheus-cpp-core"},
    },
    "com_github_cyan4973_xxhash": {
        "debian": ["libxxhash-dev"],
        "headers": ["xxhash.h", "xxh3.h"],
        "targets": {":xxhash": "libxxhash"},
    },
    "com_github_google_benchmark": {
        "debian": ["libbenchmark-dev"],
        "headers": ["benchmark/**"],
        "targets": {
            ":benchmark": "benchmark",
            ":benchmark_main": "-lbenchmark_main benchmark",
        },
    },
    "com_github_jupp0r_prometheus_cpp": {
        "debian": ["prometheus-cpp-dev"],
        "headers": ["prometheus/**"],
        "targets": {"core:core": "prometheus-cpp-core"},
    },
    "com_github_nlohmann_json": {
        "debian": ["nlohmann-json3-dev"],
        "headers": ["nlohmann/**"],
        "targets": {":json": "nlohmann_json"},
    },
    "com_google_absl": {
        "debian": ["libabsl-dev"],
        "headers": ["absl/**"],
        "targets": {
            "absl/algorithm:container": "absl_algorithm_container",
            "absl/base:config": "absl_config",
            "absl/base:core_headers": "absl_core_headers",
            "absl/cleanup:cleanup": "absl_cleanup",
            "absl/container:btree": "absl_btree",
            "absl/container:fixed_array": "absl_fixed_array",
            "absl/container:flat_hash_map": "absl_flat_hash_map",
            "absl/container:flat_hash_set": "absl_flat_hash_set",
            "absl/container:inlined_vector": "absl_inlined_vector",
            "absl/flags:commandlineflag": "absl_flags_commandlineflag",
            "absl/flags:flag": "absl_flags",
            "absl/flags:parse": "absl_flags_parse",
            "absl/flags:reflection": "absl_flags_reflection",
            "absl/flags:usage": "absl_flags_usage",
            "absl/functional:any_invocable": "absl_any_invocable",
            "absl/functional:bind_front": "absl_bind_front",
            "absl/functional:function_ref": "absl_function_ref",
            "absl/hash:hash": "absl_hash",
            "absl/memory:memory": "absl_memory",
            "absl/meta:type_traits": "absl_type_traits",
            "absl/numeric:bits": "absl_bits",
            "absl/numeric:int128": "absl_int128",
            "absl/random:bit_gen_ref": "absl_random_bit_gen_ref",
            "absl/random:distributions": "absl_random_distributions",
            "absl/random:random": "absl_random_random",
            "absl/status:status": "absl_status",
            "absl/status:statusor": "absl_statusor",
            "absl/strings:cord": "absl_cord",
            "absl/strings:str_format": "absl_str_format",
            "absl/strings:strings": "absl_strings",
            "absl/time:time": "absl_time",
            "absl/types:optional": "absl_optional",
            "absl/types:span": "absl_span",
            "absl/types:variant": "absl_variant",
            "absl/utility:utility": "absl_utility",
        },
    },
    "com_google_googletest": {
        "debian": ["libgtest-dev", "libgmock-dev"],
        "headers": ["gtest/**", "gmock/**"],
        "targets": {
            ":gtest": "gmock gtest",
            ":gtest_main": "gmock_main gmock gtest",
        },
    },
    "com_google_protobuf": {
        "debian": ["libprotobuf-dev", "protobuf-compiler"],
        "headers": ["google/protobuf/**"],
        "programs": ["protoc"],
        "targets": {":protobuf": "protobuf"},
    },
    "cppzmq": {
        "debian": ["cppzmq-dev"],
        "headers": ["zmq.hpp", "zmq_addon.hpp"],
        "targets": {":cppzmq": "cppzmq"},
    },
    # For //cmd:top alone, which asks many servers at once.
    "libcurl": {
        "debian": ["libcurl4-openssl-dev"],
        "headers": ["curl/**"],
        "targets": {":libcurl": "libcurl"},
    },
    # For //cmd:server alone, which tells systemd how it is doing.
    "libsystemd": {
        "debian": ["libsystemd-dev"],
        "headers": ["systemd/**"],
        "targets": {":libsystemd": "libsystemd"},
    },
    # For an example alone.
    "libuv": {
        "debian": ["libuv1-dev"],
        "headers": ["uv.h", "uv/**"],
        "targets": {":libuv": "libuv"},
    },
    "libzmq": {
        "debian": ["libzmq3-dev"],
        "headers": ["zmq.h", "zmq_utils.h"],
        "targets": {":libzmq": "libzmq"},
    },
    # For tls:// alone.
    "openssl": {
        "debian": ["libssl-dev"],
        "headers": ["openssl/**"],
        "targets": {
            ":crypto": "libcrypto",
            ":ssl": "libssl libcrypto",
        },
    },
}
