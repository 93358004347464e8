package io.maru.control.domain;

/**
 * Why a run failed.
 *
 * @param domain the service that refused or failed, as in {@code maru.training}
 * @param reason a constant of that service's enum of reasons
 * @param message what was found and what was expected
 */
public record Failure(String domain, String reason, String message) {
    /** What control itself refuses comes from here. */
    public static final String CONTROL = "maru.control";
}
