"""An example shop that takes Amazon Pay, small enough to read in one sitting."""
