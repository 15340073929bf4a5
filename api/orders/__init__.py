"""What people ask the product to do: how it is handed to the workers."""
