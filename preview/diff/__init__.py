"""What a change does to each environment: two revisions rendered, compared object by object, and told in words."""
