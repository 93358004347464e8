package io.maru.platform.error;

import java.util.Locale;

/**
 * Every way in which a service refuses a caller; each service has one enum of them. The name of the constant travels as
 * the reason of {@code google.rpc.ErrorInfo}.
 */
public interface Reason {
    String name();

    Kind kind();

    /** The refusal to throw; the sentence says what was found and what was expected. */
    default Refusal because(String format, Object... arguments) {
        return new Refusal(this, arguments.length == 0 ? format : String.format(Locale.ROOT, format, arguments));
    }
}
