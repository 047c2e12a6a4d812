"""The parts of the contract as data; `neuroerp_telemetry.contract` puts them together."""
