"""Both adapters keep what their ports promise."""

from lixcore.testing import EvictionPolicyContract, HotStoreContract

from lixcore_toy import ChattyLast, ToyHotStore


class TestToyHotStore(HotStoreContract):
    adapter = ToyHotStore


class TestChattyLast(EvictionPolicyContract):
    adapter = ChattyLast
