// Stands between llama-batched-bench and its clock (ld --wrap=ggml_time_us); the peer's own source stays as it is.
// The peer reads its clock four times: around the prompts, then around the decoded tokens. Each reading is said on
// stderr, wall and CPU time of the process in microseconds, so that nothing depends on the peer's log thread, which may
// lose its last line.
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <ctime>

static int64_t microseconds(clockid_t clock) {
    timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * INT64_C(1000000) + time.tv_nsec / 1000;
}

extern "C" int64_t __wrap_ggml_time_us(void) {
    const int64_t wall = microseconds(CLOCK_MONOTONIC);
    fprintf(stderr, "peer-clock %" PRId64 " %" PRId64 "\n", wall, microseconds(CLOCK_PROCESS_CPUTIME_ID));
    return wall;
}
