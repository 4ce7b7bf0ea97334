// What llama-server wants of its libraries for pictures and web pages, of which this benchmark uses neither.

#include "mtmd-helper.h"
#include "mtmd.h"
#include "ui.h"

#include <cstdlib>

// Every other function of mtmd is linked to this one: none is called without a picture.
extern "C" void peer_server_has_no_pictures() { std::abort(); }

void mtmd_helper_log_set(ggml_log_callback, void *) {}

mtmd_helper_init_opt mtmd_helper_init_opt_default(void) { return {}; }

mtmd_context_params mtmd_context_params_default(void) { return {}; }

void mtmd_free(mtmd_context *) {}

const std::array<llama_ui_asset, 0> & llama_ui_get_assets() {
    static const std::array<llama_ui_asset, 0> none{};
    return none;
}
