"""From a pack to a folder of files: builds, releases, the lock."""
