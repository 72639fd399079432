"""The local HTTP API: routes translate, they decide nothing."""
