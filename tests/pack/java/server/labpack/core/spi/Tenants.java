package labpack.core.spi;

import java.io.File;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import labpack.conf.ServerConf;
import labpack.conf.Switches;
import labpack.http.Exchange;
import labpack.log.Log;

/**
 * Tenants, loaded by the first request whose path names one, as TenantAxisUtils does (procedure 7, row 18). Which there are
 * stands in a switch, `tenants=DOMAIN:ID,…`, in the place of the user store's table.
 */
public final class Tenants {
    private static final String TYPE = "org.wso2.carbon.core.multitenancy.utils.TenantAxisUtils";
    private static final List<Loader> LOADERS = new CopyOnWriteArrayList<>();
    private static final Set<String> LOADED = ConcurrentHashMap.newKeySet();

    private Tenants() {}

    /** Deploys what a tenant has below its folder. */
    public interface Loader {
        void load(String domain, File folder) throws Exception;
    }

    public static void listen(Loader loader) {
        LOADERS.add(loader);
    }

    /** Answers a request that names a tenant which is not there, or is loaded by it; false where it goes on. */
    public static boolean serve(Exchange e) throws Exception {
        String[] steps = e.path.split("/");
        int at = steps.length > 1 && "services".equals(steps[1]) ? 2 : 1;
        if (steps.length < at + 2 || !"t".equals(steps[at]) || LOADED.contains(steps[at + 1])) {
            return false;
        }
        if (load(steps[at + 1])) {
            // Its artifacts are there only now: who came first meets nothing.
            e.answer(404, "text/plain", "The requested resource is not available.");
        } else {
            e.answer(500, "text/plain", "Tenant " + steps[at + 1] + "  not found");
        }
        return true;
    }

    private static synchronized boolean load(String domain) throws Exception {
        String id = null;
        for (String known : Switches.now("tenants", "").split(",")) {
            if (known.startsWith(domain + ":")) {
                id = known.substring(domain.length() + 1).trim();
            }
        }
        if (id == null) {
            Log.error(TYPE, "Error while getting tenant activation status.", null);
            return false;
        }
        if (LOADED.contains(domain)) {
            return true;
        }
        long begun = System.currentTimeMillis();
        File folder = new File(ServerConf.get().home, "repository/tenants/" + id);
        for (Loader loader : LOADERS) {
            loader.load(domain, folder);
        }
        LOADED.add(domain);
        Log.info(TYPE, "Loaded tenant " + domain + " in " + (System.currentTimeMillis() - begun) + " ms");
        return true;
    }
}
