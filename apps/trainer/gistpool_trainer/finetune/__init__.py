"""Teaching a model of transformers to think in thoughts that it can forget."""
