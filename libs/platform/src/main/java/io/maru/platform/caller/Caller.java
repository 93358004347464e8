package io.maru.platform.caller;

import static java.util.Objects.requireNonNull;

import io.grpc.Context;
import io.maru.platform.name.ResourceName;
import java.util.Set;
import java.util.concurrent.Callable;

/**
 * Who is asking. An interceptor knows it at the door; below, {@link #current} tells. Without sign-in everybody is
 * {@link #anonymous}.
 *
 * <p>Work that comes out of a queue or an event has no caller who waits. It is done for a workspace:
 *
 * <pre>{@code
 * Caller.in(ResourceName.workspace(run)).call(() -> checkpoints.register(...));
 * }</pre>
 *
 * {@code Worker} and {@code FactDelivery} do so themselves; a loop of a service's own must.
 *
 * @param subject who it is, as in {@code anonymous}
 * @param workspace the id of the caller's workspace, where short names are looked up
 * @param permissions as in {@code runs.create}
 */
public record Caller(String subject, String workspace, Set<String> permissions) {
    /** Where everybody is as long as nobody signs in. */
    public static final String DEFAULT_WORKSPACE = "default";

    private static final String EVERYTHING = "*";
    private static final Context.Key<Caller> KEY = Context.key("maru-caller");

    public Caller {
        requireNonNull(subject, "subject");
        permissions = Set.copyOf(permissions);
        if (!ResourceName.isId(workspace)) {
            throw new IllegalArgumentException(
                    "workspace: \"" + workspace + "\" (expected: lowercase letters, digits and hyphens, 1 to 63)");
        }
    }

    public static Caller anonymous() {
        return new Caller("anonymous", DEFAULT_WORKSPACE, Set.of(EVERYTHING));
    }

    /** A service of Maru that does what somebody of a workspace asked for earlier. */
    public static Caller in(String workspace) {
        return new Caller("service", workspace, Set.of(EVERYTHING));
    }

    /** A caller whom another service has let in, and in whose name that one asks. */
    static Caller forwarded(String subject, String workspace) {
        return new Caller(subject, workspace, Set.of(EVERYTHING));
    }

    /** Who asked for what this thread does; anonymous where nobody was named. */
    public static Caller current() {
        Caller caller = KEY.get();
        return caller == null ? anonymous() : caller;
    }

    /** Whether the caller may do what needs {@code permission}. */
    public boolean may(String permission) {
        return permissions.contains(EVERYTHING) || permissions.contains(permission);
    }

    /**
     * The key of a request of the current caller: one request id stands for one request of one caller to one method.
     *
     * @param method as in {@code CreateCorpus}
     * @throws io.maru.platform.error.Refusal INVALID_ARGUMENT where the request id is empty or too long
     */
    public static String requestKey(String method, String requestId) {
        Caller caller = current();
        return String.join("/", caller.workspace(), caller.subject(), method, ResourceName.checkRequestId(requestId));
    }

    /** Runs {@code task} in this caller's name. */
    public void run(Runnable task) {
        context().run(task);
    }

    /** {@link #run} for a task with a result. */
    public <T> T call(Callable<T> task) throws Exception {
        return context().call(task);
    }

    Context context() {
        return Context.current().withValue(KEY, this);
    }
}
