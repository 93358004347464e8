package io.maru.platform.error;

/** Refusals that every service knows, because their checks live in platform. */
public enum CommonReason implements Reason {
    INVALID_ARGUMENT(Kind.INVALID),
    INVALID_NAME(Kind.INVALID),
    INVALID_PAGE_TOKEN(Kind.INVALID),
    /** A spec breaks the rules of its fields. */
    INVALID_SPEC(Kind.INVALID),
    PERMISSION_DENIED(Kind.DENIED),
    /** A request_id came a second time with another request. */
    REQUEST_ID_REUSED(Kind.ALREADY_EXISTS),
    OBJECT_MISSING(Kind.NOT_FOUND),
    OBJECT_CORRUPT(Kind.CORRUPT),
    OBJECT_STORE_UNAVAILABLE(Kind.UNAVAILABLE),
    DATABASE_UNAVAILABLE(Kind.UNAVAILABLE),
    /** The service's own disk has no room for what it must write. */
    DISK_FULL(Kind.UNAVAILABLE);

    private final Kind kind;

    CommonReason(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Kind kind() {
        return kind;
    }
}
