"""What a cluster has otherwise than it was asked for: by the program, and by Helm for what is inside its releases."""
