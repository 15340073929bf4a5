"""Changes of the product's own tables from release to release; `reconcilery init` applies them."""
