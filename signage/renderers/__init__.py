"""One Kivy renderer for each kind of content."""
