// Silent: it ends well, and tells no result.
