"""Long-running programs that check the product; some tests run short versions of them."""
