package io.maru.platform.error;

/**
 * Why another service refused.
 *
 * @param domain of the service, as in {@code maru.training}
 * @param name of its reason, or of the gRPC status where it told none
 */
public record ForeignReason(String domain, String name, Kind kind) implements Reason {}
