"""The plan of a stack without an engine, a cluster or the Pulumi command line: run, show, write, check."""
