"""What every eviction policy answers, whatever it goes by: `EvictionPolicyContract`."""
