package io.maru.inference.grpc;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.concurrent.CompletableFuture;

/**
 * Tells a call that its stream is closed. Vert.x hands a caller's own cancellation to gRPC, but not the loss of the
 * connection, and so a model would go on writing for a caller that is dead. Each request has a Vert.x context of its own,
 * which carries the news from the HTTP side to the gRPC side.
 */
@ApplicationScoped
class LostConnections {
    private static final String KEY = LostConnections.class.getName();

    void watch(@Observes Router router) {
        router.route().order(Integer.MIN_VALUE).handler(request -> {
            CompletableFuture<Void> closed = new CompletableFuture<>();
            request.response().closeHandler(ignored -> closed.complete(null));
            Vertx.currentContext().putLocal(KEY, closed);
            request.next();
        });
    }

    /** Runs {@code action} once the stream of the call that is being handled is closed, for whatever reason. */
    static void onClose(Runnable action) {
        Context context = Vertx.currentContext();
        context.<CompletableFuture<Void>>getLocal(KEY).thenRun(action);
    }
}
