"""Programs that check the product with more than a test has; some tests use them."""
