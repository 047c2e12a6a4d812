"""A small ERP that is watched by `neuroerp_telemetry`: it has scenarios that go wrong, and a load of its own."""
