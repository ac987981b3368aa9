"""智能问答: the passage of a record that answers, quoted letter for letter, or an honest 没有找到. Pure."""
