"""The local API and the guard's page: FastAPI routes that translate and decide nothing."""
