class Driver:
    """What every driver can be asked for."""

    def start(self, guest):
        raise NotImplementedError

    def suspend(self, guest):
        raise NotImplementedError

    def snapshot(self, guest):
        raise NotImplementedError
