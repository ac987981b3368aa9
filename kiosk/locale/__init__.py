"""Screen texts: zh-CN complete, English second."""
