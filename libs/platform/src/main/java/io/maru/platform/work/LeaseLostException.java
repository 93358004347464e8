package io.maru.platform.work;

/** The lease ran out and somebody else may hold it: whatever was about to be written must not be. */
public final class LeaseLostException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public LeaseLostException(Claim claim) {
        super("%s: the lease is not ours any more (expected: held by %s)".formatted(claim.name(), claim.owner()));
    }
}
