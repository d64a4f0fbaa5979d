// OpenBLAS for Node.js, as little of it as the benchmark needs: a product and a factorisation on Float64Arrays.
//
// The library is opened at run time, so neither its headers nor its name are needed to compile. Distributions call the
// functions cblas_dgemm and dpotrf_; the library inside Python's wheels puts scipy_ before them and, where integers have
// 64 bits, 64_ behind.

#include <dlfcn.h>
#include <node_api.h>

#include <cstdint>
#include <string>

namespace {

void *product = nullptr;
void *factor = nullptr;
bool wide = false;

enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111 };

template <typename Int>
void multiply(Int n, const double *a, const double *b, double *c) {
  using Gemm = void (*)(int, int, int, Int, Int, Int, double, const double *, Int, const double *, Int, double, double *,
                        Int);
  reinterpret_cast<Gemm>(product)(ROW_MAJOR, NO_TRANSPOSE, NO_TRANSPOSE, n, n, n, 1.0, a, n, b, n, 0.0, c, n);
}

template <typename Int>
int64_t decompose(Int n, double *a) {
  using Potrf = void (*)(const char *, const Int *, double *, const Int *, Int *, size_t);
  Int info = 0;
  // The lower triangle of rows is the upper one of columns.
  reinterpret_cast<Potrf>(factor)("U", &n, a, &n, &info, 1);
  return info;
}

/** The data of argument `index`, n×n; throws into JavaScript and returns null when it is something else. */
double *matrix(napi_env env, napi_value value, int64_t n) {
  napi_typedarray_type type;
  size_t length;
  void *data;
  if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != napi_float64_array || static_cast<int64_t>(length) != n * n) {
    napi_throw_error(env, nullptr, "expected a Float64Array of n*n numbers");
    return nullptr;
  }
  return static_cast<double *>(data);
}

template <size_t Count>
bool arguments(napi_env env, napi_callback_info info, napi_value (&values)[Count]) {
  size_t count = Count;
  if (napi_get_cb_info(env, info, &count, values, nullptr, nullptr) == napi_ok && count == Count) return true;
  napi_throw_error(env, nullptr, "wrong number of arguments");
  return false;
}

/** open(path): whether the library is there and has both functions. */
napi_value open(napi_env env, napi_callback_info info) {
  napi_value values[1];
  if (!arguments(env, info, values)) return nullptr;
  char path[4096];
  size_t length;
  if (napi_get_value_string_utf8(env, values[0], path, sizeof path, &length) != napi_ok) return nullptr;
  bool found = false;
  if (void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL)) {
    for (const char *prefix : {"", "scipy_"}) {
      for (const char *suffix : {"", "64_"}) {
        const std::string before(prefix), after(suffix);
        product = dlsym(library, (before + "cblas_dgemm" + after).c_str());
        factor = dlsym(library, (before + "dpotrf_" + after).c_str());
        wide = !after.empty();
        found = product && factor;
        if (found) break;
      }
      if (found) break;
    }
  }
  napi_value result;
  napi_get_boolean(env, found, &result);
  return result;
}

/** gemm(n, a, b, c): C <- AB. */
napi_value gemm(napi_env env, napi_callback_info info) {
  napi_value values[4];
  int64_t n;
  if (!arguments(env, info, values) || napi_get_value_int64(env, values[0], &n) != napi_ok) return nullptr;
  double *a = matrix(env, values[1], n);
  double *b = a ? matrix(env, values[2], n) : nullptr;
  double *c = b ? matrix(env, values[3], n) : nullptr;
  if (!c) return nullptr;
  if (wide) multiply<int64_t>(n, a, b, c);
  else multiply<int>(static_cast<int>(n), a, b, c);
  return nullptr;
}

/** cholesky(n, a): lower triangle of A <- L; returns LAPACK's info. */
napi_value cholesky(napi_env env, napi_callback_info info) {
  napi_value values[2];
  int64_t n;
  if (!arguments(env, info, values) || napi_get_value_int64(env, values[0], &n) != napi_ok) return nullptr;
  double *a = matrix(env, values[1], n);
  if (!a) return nullptr;
  napi_value result;
  napi_create_int64(env, wide ? decompose<int64_t>(n, a) : decompose<int>(static_cast<int>(n), a), &result);
  return result;
}

napi_value initialise(napi_env env, napi_value exports) {
  const napi_property_descriptor properties[] = {
      {"open", nullptr, open, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"gemm", nullptr, gemm, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"cholesky", nullptr, cholesky, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
  };
  napi_define_properties(env, exports, 3, properties);
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, initialise)
