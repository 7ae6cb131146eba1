"""Rules about powers that stores of several ports may have."""
