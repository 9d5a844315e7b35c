/** At the head of each script: is this the log that the caller knows? ARGV[1] is its venue. */
export const SAME_LOG = `
local function other(venue)
  if not venue then return 'LOST there is no log any more' end
  if venue ~= ARGV[1] then return 'LOST another genesis has taken the place of ours' end
  return nil
end
`;
