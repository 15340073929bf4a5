"""The product's own tables, `reconcilery_*`: what is written here is true, whatever messages say."""
