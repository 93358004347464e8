package io.maru.platform.error;

/** What sort of refusal a caller meets; each has one gRPC status, which {@link GrpcErrors} decides. */
public enum Kind {
    /** The request itself is wrong, whatever the state of the system. */
    INVALID,
    NOT_FOUND,
    /** The caller may not do it, or not there. The words are the same whether or not the thing exists. */
    DENIED,
    ALREADY_EXISTS,
    /** The request is right but the system is not in the state that it needs. */
    NOT_NOW,
    /** A limit is used up. */
    EXHAUSTED,
    /** Stored bytes are not what was sealed. */
    CORRUPT,
    /** Something that the service needs is down; the same call may go through later. */
    UNAVAILABLE,
    /** The caller asked for the work to stop. */
    CANCELLED
}
