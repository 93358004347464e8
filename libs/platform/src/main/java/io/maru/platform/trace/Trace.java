package io.maru.platform.trace;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/*
 * One trace from a caller to everything that comes of his call:
 *
 *     gRPC call --metadata--> method --row of outbox--> Kafka header --> handler
 *                                    --row of work----> worker --metadata--> next service
 *
 * gRPC's part is OpenTelemetry's own; rows and Kafka carry its traceparent, and this goes on from there.
 */
/** Spans that go on where a row or an event says that their trace was. */
public final class Trace {
    private static final String INSTRUMENTATION = "io.maru.platform";
    private static final String TRACEPARENT = "traceparent";
    private static final AttributeKey<String> RESOURCE = AttributeKey.stringKey("maru.resource");
    private static final AttributeKey<String> RUN = AttributeKey.stringKey("maru.run");
    private static final W3CTraceContextPropagator W3C = W3CTraceContextPropagator.getInstance();

    private Trace() {}

    /** The {@code traceparent} (W3C Trace Context) of what this thread does; empty where that belongs to no trace. */
    public static String current() {
        Map<String, String> carrier = new HashMap<>();
        W3C.inject(Context.current(), carrier, Map::put);
        return carrier.getOrDefault(TRACEPARENT, "");
    }

    /**
     * Runs {@code task} in a span of its own.
     *
     * @param traceparent where to go on from; empty for a trace of its own
     * @param name of what is done, as in {@code training}
     * @param resource that it is done to
     * @param run that it belongs to; may be empty
     */
    public static <T> T goOn(String traceparent, String name, String resource, String run, Callable<T> task)
            throws Exception {
        Span span = GlobalOpenTelemetry.getTracer(INSTRUMENTATION)
                .spanBuilder(name)
                .setParent(W3C.extract(Context.root(), traceparent, TRACEPARENT_GETTER))
                .setSpanKind(SpanKind.CONSUMER)
                .setAttribute(RESOURCE, resource)
                .startSpan();
        if (!run.isEmpty()) {
            span.setAttribute(RUN, run);
        }
        try (Scope scope = span.makeCurrent()) {
            return task.call();
        } catch (Exception | Error e) {
            span.setStatus(StatusCode.ERROR);
            span.recordException(e);
            throw e;
        } finally {
            span.end();
        }
    }

    private static final TextMapGetter<String> TRACEPARENT_GETTER = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(String traceparent) {
            return List.of(TRACEPARENT);
        }

        @Override
        public String get(String traceparent, String key) {
            return traceparent != null && key.equals(TRACEPARENT) && !traceparent.isEmpty() ? traceparent : null;
        }
    };
}
