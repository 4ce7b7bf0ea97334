"""From a trained run to GGUF files that the pool serves, checked against PyTorch."""
