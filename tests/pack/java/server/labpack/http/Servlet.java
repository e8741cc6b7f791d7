package labpack.http;

/** Answers the requests below one context path. */
public interface Servlet {
    void serve(Exchange exchange) throws Exception;
}
