"""The signed change log of published content: pure functions over bytes."""
