"""Policy documents in TXT, DOCX, PDF and HTML, to text and fields."""
