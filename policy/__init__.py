"""What every object and every release of a stack has to hold; the preview and the Pulumi policy pack ask the same."""
